"""How a new site is connected: fibre along roads and what lies there, microwave, power, access."""
