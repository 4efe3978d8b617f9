"""What people are told: digests and alarms, and their way to Slack."""
