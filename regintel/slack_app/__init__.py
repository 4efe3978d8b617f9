"""The app that answers in Slack: `/reg`, and the buttons under what was told. The door to search and feedback there."""
