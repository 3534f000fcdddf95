from __future__ import annotations

import numpy as np
import pytest

from taskmatrix_ros.perception.object_catalogue import CatalogueObject, ObjectCatalogue, spoken_name

SIZE = (0.08, 0.08, 0.12)


def thing(name: str, tag_id: int, *aliases: str) -> CatalogueObject:
    return CatalogueObject(name, aliases, "drink", tag_id, 0.064, 0.04, SIZE, 0.08)


@pytest.mark.parametrize(
    ("said", "means"),
    [("The Coke", "coke"), ("water_bottle", "water bottle"), ("  a  red-cup ", "red cup"), ("the", "the"), ("", "")],
)
def test_spoken_name(said: str, means: str) -> None:
    assert spoken_name(said) == means


def test_names_aliases_and_tags() -> None:
    catalogue = ObjectCatalogue([thing("coke", 1, "cola", "can of coke"), thing("water_bottle", 4, "water")])
    assert catalogue.find("The Can of Coke").name == "coke"
    assert catalogue.find("Water Bottle").name == "water_bottle"
    assert catalogue.find("unicorn") is None
    assert catalogue.by_tag(4).name == "water_bottle"
    assert catalogue.by_tag(99) is None
    assert catalogue.nearest("cokes") == ["coke"]
    assert catalogue.tag_sizes_m == {1: 0.064, 4: 0.064}
    assert [o.name for o in catalogue] == ["coke", "water_bottle"]


def test_shared_names_and_tags_are_refused() -> None:
    with pytest.raises(ValueError, match="both called 'cola'"):
        ObjectCatalogue([thing("coke", 1, "cola"), thing("pepsi", 2, "Cola")])
    with pytest.raises(ValueError, match="both carry tag 1"):
        ObjectCatalogue([thing("coke", 1), thing("pepsi", 1)])


def test_faces_look_outwards_on_four_sides() -> None:
    faces = thing("coke", 1).face_transforms()
    for face in faces:
        assert face.rotation[:, 2] == pytest.approx(face.translation / 0.04, abs=1e-12)
        assert face.rotation[:, 1] == pytest.approx([0, 0, 1], abs=1e-12)
        assert np.linalg.det(face.rotation) == pytest.approx(1.0)
    assert np.sum([f.translation for f in faces], axis=0) == pytest.approx([0, 0, 0], abs=1e-12)
