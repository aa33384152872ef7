"""Screens: each gathers widgets for one purpose."""
