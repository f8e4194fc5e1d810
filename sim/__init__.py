"""How the pathway is simulated: the compiled model, three engines on it, counting, results and checks."""
