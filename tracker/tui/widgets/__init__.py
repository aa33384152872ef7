"""Widgets: each draws one thing and posts messages about what the user did to it."""
