"""What there is to build."""

from dataclasses import dataclass

from modeldelivery.release.naming import Place


@dataclass(frozen=True)
class Recipe:
    """One image.

    Attributes:
        name: also of its folder's last part.
        dockerfile: relative to the project.
        requirements: the hashed file that it installs, relative to the project.
        sources: what the Dockerfile copies, relative to the project.
    """

    name: str
    dockerfile: str
    requirements: str
    sources: tuple[str, ...]

    def repository(self, place: Place) -> str:
        """ECR's repository of it in an environment."""
        return place.repository if self is SERVER else place.step_repository


SERVER = Recipe(
    name="server",
    dockerfile="pipelines/server/Dockerfile",
    requirements="requirements/serving.txt",
    sources=("requirements/serving.txt", "pipelines/__init__.py", "pipelines/server"),
)
STEPS = Recipe(
    name="steps",
    dockerfile="pipelines/steps/Dockerfile",
    requirements="requirements/steps.txt",
    sources=("requirements/steps.txt", "pipelines", "modeldelivery"),
)
RECIPES = (SERVER, STEPS)
