"""The words that may stand behind `python -m anomalog_exp`: one module each."""
