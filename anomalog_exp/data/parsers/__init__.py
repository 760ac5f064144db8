"""Line formats: one module and one YAML file each."""
