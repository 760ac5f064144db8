"""Ways of dividing sequences into training and test parts: one module for each family."""
