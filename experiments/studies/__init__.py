"""What is compared: each module has its STUDY. They lean on `experiments.recipes`, never on each other."""
