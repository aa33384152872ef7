"""Queue, workers, cancel: runs actions."""
