"""A retrained model, proposed: trained by the environment's own pipeline, through both gates, and ended before anything is registered."""
