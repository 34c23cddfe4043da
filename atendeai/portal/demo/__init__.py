"""The demo: two clinics that can be tried at once against the simulator. Development only."""
