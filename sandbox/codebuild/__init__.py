"""CodeBuild: projects, and builds of them that run on this machine."""
