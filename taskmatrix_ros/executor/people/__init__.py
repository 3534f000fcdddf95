"""Where a person is asked, for a yes or for words."""
