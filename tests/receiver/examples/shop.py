"""A shop in one file that does it right: create, redirect, ignore the redirect, fulfil on the verified event.

HALOPAY_INBOX=shop.sqlite HALOPAY_APP_ID=... HALOPAY_APP_KEY=... SHOP_URL=http://127.0.0.1:8000 \
    gunicorn --workers 1 --threads 8 shop:app
"""

import os
import sqlite3
import threading
from contextlib import closing
from uuid import uuid4

from flask import Flask, redirect, render_template_string
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from halopay_kit import HaloPay, HaloPayError, OutcomeUnknown, receiver
from halopay_kit.inbox import Inbox

FILE, URL = os.environ["HALOPAY_INBOX"], os.environ["SHOP_URL"]
NAME, PRICE, FIAT = "Field notes, three of them", "12.50", "EUR"

halopay = HaloPay.from_env()
inbox = Inbox(FILE)  # the shop's own table lives in the same file, so that both are written in one transaction
webhooks = receiver.wsgi(inbox, {os.environ["HALOPAY_APP_ID"]: os.environ["HALOPAY_APP_KEY"]})
app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/halopay/webhooks": webhooks})


def sql(statement: str, *values: str) -> list[tuple]:
    with closing(sqlite3.connect(FILE, timeout=10)) as connection, connection:
        return connection.execute(statement, values).fetchall()


sql("CREATE TABLE IF NOT EXISTS orders (number TEXT PRIMARY KEY, state TEXT NOT NULL, parcels INTEGER NOT NULL)")


@app.get("/")
def front():
    return page("front")


@app.post("/orders")
def order():
    number = f"SHOP-{uuid4().hex[:12]}"
    sql("INSERT INTO orders VALUES (?, 'waiting', 0)", number)  # known here before HaloPay hears of it
    inbox.expect(out_trade_no=number)  # so that `halopay sweep` asks for it, should every webhook be lost
    try:
        made = halopay.entrust.pre_create(
            out_trade_no=number,
            symbol=FIAT,
            amount=PRICE,
            name=NAME,
            callback_url=f"{URL}/halopay/webhooks",
            redirect_url=f"{URL}/orders/{number}",
        )
    except OutcomeUnknown:  # it may be there: nobody is asked to pay again before that is known
        return redirect(f"/orders/{number}", 303)
    except HaloPayError:
        sql("UPDATE orders SET state = 'refused' WHERE number = ?", number)
        return redirect(f"/orders/{number}", 303)
    return redirect(made.url, 303)


@app.get("/orders/<number>")
def back(number: str):
    """The payer is back, or says so: what is shown is what the shop knows, and nothing happens here."""
    found = sql("SELECT state FROM orders WHERE number = ?", number)
    return page(found[0][0], number) if found else (page("unknown"), 404)


def fulfil(event, connection):
    """Ship what was paid; the parcel and the end of the event are one transaction, so it is shipped once."""
    if event.kind == "payment" and event.status == "PAID":
        connection.exec_driver_sql(
            "UPDATE orders SET state = 'shipped', parcels = parcels + 1 WHERE number = ? AND state <> 'shipped'",
            (event.out_trade_no,),
        )


def work(over: threading.Event) -> None:
    """Hand on what the inbox has, until it is over; several processes may do so at once."""
    inbox.consume(fulfil, transaction=True, stop=over)


SAYS = {
    "front": ("Field notes", "Three notebooks, 48 pages each, for pockets and rain."),
    "waiting": ("Thank you", "We wait for HaloPay to tell us that it was paid. This page looks again by itself."),
    "shipped": ("Paid, and on its way", "HaloPay told us, and we verified it. Your notebooks are in a parcel."),
    "refused": ("That did not work", "No order was made and nothing is to be paid. Please try again later."),
    "unknown": ("No such order", "We do not know this number."),
}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{% if state == "waiting" %}<meta http-equiv="refresh" content="1">{% endif %}
<title>{{ title }}, Quarto</title>
<style>
  :root { color-scheme: light dark; --ink: light-dark(#1d2a26, #e8efe9); --paper: light-dark(#f6f2e9, #16201d);
    --card: light-dark(#fffdf8, #1f2c28); --accent: light-dark(#1f6b4f, #7fd3ae); --line: light-dark(#ddd5c4, #36463f) }
  * { box-sizing: border-box } body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
    background: var(--paper); color: var(--ink); font: 1.05rem/1.6 Charter, Georgia, serif }
  main { width: min(27rem, 100%); background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
    padding: 2.25rem; box-shadow: 0 1rem 3rem rgb(0 0 0 / .08) }
  .brand { margin: 0 0 1.5rem; letter-spacing: .18em; text-transform: uppercase; font-size: .8rem;
    color: var(--accent) }
  h1 { margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.2; text-wrap: balance } p { margin: 0 0 1.5rem }
  .price { display: flex; justify-content: space-between; border-block: 1px solid var(--line); padding: .9rem 0 }
  button { width: 100%; padding: .85rem; border: 0; border-radius: .6rem; font: inherit; font-weight: 600;
    cursor: pointer; background: var(--accent); color: var(--card) }
  button:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px } small { opacity: .75 }
</style>
<main>
  <p class="brand">Quarto · paper goods</p>
  <h1>{{ title }}</h1>
  <p role="status">{{ text }}</p>
  {% if state == "front" %}
  <p class="price"><span>{{ name }}</span> <strong>{{ price }} {{ fiat }}</strong></p>
  <form method="post" action="/orders"><button>Pay with crypto</button></form>
  {% elif number %}<small>Order {{ number }}</small>{% endif %}
</main>
</html>
"""


def page(state: str, number: str = "") -> str:
    title, text = SAYS[state]
    said = {"state": state, "title": title, "text": text, "number": number}
    return render_template_string(PAGE, **said, name=NAME, price=PRICE, fiat=FIAT)


if os.environ.get("SHOP_WORKS", "1") == "1":  # 0 where a process of its own does the work
    threading.Thread(target=work, args=(threading.Event(),), daemon=True).start()
