"""One module per verb: generators of progress events that write the database; what both front ends call."""
