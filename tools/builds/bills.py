"""Keep the bill of materials of each image of a build in the registry, as evidence of the image, by its digest.

Before anything is trained in them, so that no version is registered whose images have none. The first bill of an image stands: the
same digest installs the same.
"""

from collections.abc import Mapping
from pathlib import Path

from modeldelivery.release.aws.environment import open_environment
from modeldelivery.release.naming import BILL, evidence_key, image_evidence
from tools.builds.image import KINDS
from tools.builds.stage import StageError
from tools.builds.subject import Subject
from tools.image.errors import ImageError
from tools.image.recipe import RECIPES
from tools.image.sbom import bill

ROOT = Path(__file__).resolve().parents[2]


def keep(of: Subject, built: Mapping[str, str], base: str) -> None:
    """Keep them.

    Args:
        of: the model and the environment whose registry it is.
        built: URIs by digest, by the variables that hand them on.
        base: what both images are built on; "" in the sandbox.

    Raises:
        StageError: a requirement is not pinned by version and hash.
        DeliveryError: AWS refused a call, or does not answer.
    """
    recipes = {recipe.name: recipe for recipe in RECIPES}
    there = open_environment(of.model, of.environment, profile=None)
    for variable, uri in built.items():
        recipe, image = recipes[KINDS[variable][0]], image_evidence(uri.partition("@")[2])
        try:
            content = bill(recipe, (ROOT / recipe.requirements).read_text(), base)
        except ImageError as error:
            raise StageError(str(error)) from error
        there.registry.store_evidence(image, BILL, content.encode())
        print(f"bill of materials of {uri}: s3://{there.place.registry_bucket}/{evidence_key(image, BILL)}")
