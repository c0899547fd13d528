"""What HaloPay does: orders, payouts, fixed addresses, balances, and the tables they stand in."""
