"""Template miners: one module and one YAML file each."""
