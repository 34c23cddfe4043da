"""`make bench`: how fast is the product, and how large? Measured on servers of its own, which are gone afterwards."""
