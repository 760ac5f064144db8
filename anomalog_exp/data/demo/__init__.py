"""The demo: a generated log in the format of HDFS v1, with labels."""
