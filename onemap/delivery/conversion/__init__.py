"""Any layer into any format: what the format forces to be lost is planned, listed, and proven by reading back."""
