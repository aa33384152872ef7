"""Queue, workers, cancel: runs actions."""

from tracker.jobs.queue import Action, Job, JobState, Listener, Queue

__all__ = ["Action", "Job", "JobState", "Listener", "Queue"]
