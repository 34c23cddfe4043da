"""What do integrators see of the calendars?"""
