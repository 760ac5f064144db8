"""Templates: messages are masked, then mined for the statements that wrote them."""
