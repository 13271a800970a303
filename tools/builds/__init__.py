"""What the stages of a build do with a pushed tag: pipelines/buildspecs calls it by make, and so may a tag job of CI."""
