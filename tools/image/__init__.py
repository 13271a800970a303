"""`make image`: the model server's image and that of the steps, built twice, run, compared, and pushed (docs/images.md)."""
