import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs as HaloPay's Java sample does. Per line of stdin: AppKey, body and timestamp in base64. */
public class Sign {
    public static void main(String[] args) throws IOException, GeneralSecurityException {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] fields = line.split(" ", -1);
            System.out.println(sign(decode(fields[0]), decode(fields[1]), decode(fields[2])));
        }
    }

    static String sign(byte[] appKey, byte[] body, byte[] timestamp) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(appKey, "HmacSHA256"));
        mac.update(body);
        mac.update(timestamp);
        return HexFormat.of().formatHex(mac.doFinal());
    }

    static byte[] decode(String field) {
        return Base64.getDecoder().decode(field);
    }
}
