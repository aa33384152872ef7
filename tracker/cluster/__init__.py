"""Work on other machines, through Dask's `distributed`: a worker per host, jobs sent to where the device is."""
