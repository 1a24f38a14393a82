"""How networks are trained in the studies: each recipe's settings, and a function that trains by them."""
