"""`make setup`: everything this project needs on a machine that has Python 3.11 and either the internet or Go.

Standard library only: it runs before anything is installed. Every step can be interrupted and run again: what is
complete is kept, and what is half-made lies under a temporary name, or lacks its stamp, and is made anew.
"""
