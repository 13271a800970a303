"""SageMaker hosting: containers as local processes, fleets of them, and endpoints that move between fleets."""
