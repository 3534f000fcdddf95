"""Daily-life services as functions for documents: weather in words, headlines, calendars."""
