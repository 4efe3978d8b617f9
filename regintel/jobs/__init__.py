"""The use cases, one a file. The doors (command line, scheduler) call these and print what they return."""
