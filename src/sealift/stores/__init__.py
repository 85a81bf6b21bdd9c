"""The databases: documents, history, locks. The only room that knows SQL."""
