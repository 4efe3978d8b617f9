"""The tests; sentences, no network but loopback, a temporary index each."""
