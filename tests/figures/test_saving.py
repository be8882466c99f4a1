"""What a run's folder gets: all that applies, whole files, small ones, and nothing else."""
import errno

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from vae_np import figures
from vae_np.figures import run as pictures
from vae_np.figures import style
from vae_np.runs.replacing import PICTURES

COARSE = 40  # dots per inch: fewer, where the test is not about them, are faster


def save(toy, dataset, metrics, folder, z_dim=2, test=None, labels=None, shape=None, dpi=COARSE):
    test = np.random.default_rng(2).random((30, 12)) if test is None else test
    said = []
    paths = figures.save_run_figures(toy(test.shape[1], z_dim), dataset(test, labels, shape),
                                     metrics, folder, np.random.default_rng(0), said.append, dpi)
    for path in paths:
        with Image.open(path) as picture:
            picture.load()  # raises where the file is not whole
            assert picture.format == "PNG" and min(picture.size) > 40
        assert path.stat().st_size <= figures.MAX_BYTES
    assert sorted(folder.iterdir()) == sorted(paths)  # no litter
    return [path.stem for path in paths], said


def test_images_with_a_plane_of_codes_get_every_picture_but_one(toy, dataset, metrics, tmp_path):
    names, said = save(toy, dataset, metrics, tmp_path / "new" / "figures",
                       labels=np.arange(30) % 10, shape=(4, 3), dpi=style.DPI)
    assert names == ["learning_curve", "reconstructions", "prior_samples", "interpolation",
                     "manifold", "latent_scatter", "kl_per_dimension"]
    assert said == ["left out samples_2d.png: the data do not lie in a plane"]
    # A new run that replaces this one removes the pictures of these names, and no others.
    assert PICTURES == tuple(f"figures/{name}.png" for name in (*names, "samples_2d"))


def test_data_in_the_plane_skip_the_grids_with_a_word(toy, dataset, metrics, tmp_path):
    test = np.random.default_rng(2).random((30, 2))
    names, said = save(toy, dataset, metrics, tmp_path, test=test)
    assert names == ["learning_curve", "latent_scatter", "kl_per_dimension", "samples_2d"]
    assert "left out reconstructions.png: the data are not images" in said and len(said) == 4


def test_a_table_a_single_row_a_single_code_and_no_epoch(toy, dataset, tmp_path):
    names, said = save(toy, dataset, [], tmp_path, z_dim=1, test=np.ones((1, 5)))
    assert names == ["kl_per_dimension"]
    assert "left out learning_curve.png: no epoch is recorded" in said
    assert "left out latent_scatter.png: z_dim is 1" in said


def test_one_test_image_is_enough_for_all_but_interpolation(toy, dataset, tmp_path):
    names, said = save(toy, dataset, [], tmp_path, 3, test=np.ones((1, 12)), shape=(4, 3))
    assert names == ["reconstructions", "prior_samples", "latent_scatter", "kl_per_dimension"]
    assert "left out interpolation.png: it takes two test examples" in said
    assert "left out manifold.png: z_dim is not 2" in said


def test_a_run_shows_examples_from_all_over_the_test_set(toy, dataset, monkeypatch, tmp_path):
    """A film's neighbours look alike, so pairs for the interpolation come from far apart."""
    test = np.repeat(np.linspace(0, 1, 28)[:, None], 12, axis=1)
    given = {}
    for name in ("reconstructions", "interpolation"):
        monkeypatch.setattr(pictures, name,
                            lambda model, x, *rest, name=name, **options: given.update({name: x}))
    save(toy, dataset, [], tmp_path, 1, test=test, shape=(4, 3))
    np.testing.assert_allclose(given["reconstructions"][:, 0] * 27, np.arange(0, 28, 3))
    np.testing.assert_allclose(given["interpolation"][:4, 0] * 27, [0, 15, 3, 18])


def test_the_same_generator_gives_the_same_files(toy, dataset, tmp_path):
    model, data = toy(), dataset(np.ones((3, 12)), None, (4, 3))
    for name in "ab":
        figures.save_samples(model, data, 4, tmp_path / name, np.random.default_rng(7), COARSE)
    figures.save_samples(model, data, 4, tmp_path / "c", np.random.default_rng(8), COARSE)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_a_saved_grid_keeps_every_pixel(tmp_path):
    """In the file each pixel is a square of k × k equal dots; labels lie outside, uncropped."""
    grid = np.random.default_rng(0).integers(0, 256, (84, 112))
    figure = Figure()
    style.show_grey(figure.subplots(), grid / 255, {56: "above"}, {42: "left\nof it"})
    style.whole_pixels(figure)
    style.save_png(figure, tmp_path / "grid.png")
    dots = np.asarray(Image.open(tmp_path / "grid.png")).astype(int)
    k = 9  # 6.5 inches of 150 dots for 112 pixels
    inner = np.repeat(np.repeat(grid, k, axis=0), k, axis=1)
    ink = np.argwhere(dots < 250)
    bottom, right = ink.max(axis=0) + 1
    top, left = bottom - 84 * k, right - 112 * k
    assert np.abs(dots[top:bottom, left:right] - inner).max() <= 1
    assert (ink[:, 0] < top).any() and (ink[:, 1] < left).any()  # the labels
    frame = np.concatenate([dots[0], dots[-1], dots[:, 0], dots[:, -1]])
    assert (frame == 255).all()  # nothing touches the border


def test_a_picture_that_is_too_big_gets_fewer_dots(tmp_path):
    figure = Figure(layout="constrained")
    style.show_grey(figure.subplots(), np.random.default_rng(0).random((200, 200)))
    style.whole_pixels(figure)
    style.save_png(figure, tmp_path / "noise.png", max_bytes=20_000)
    assert 5_000 < (tmp_path / "noise.png").stat().st_size <= 20_000


def test_a_picture_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")

    def refuse(*paths):
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        style.save_png(Figure(), path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_save_samples_writes_images_or_points(toy, dataset, tmp_path):
    rng, images = np.random.default_rng(0), dataset(np.ones((3, 12)), None, (4, 3))
    figures.save_samples(toy(), images, 5, tmp_path / "a.png", rng, COARSE)
    figures.save_samples(toy(2), dataset(np.eye(2)), 5, tmp_path / "b.png", rng, COARSE)
    for name in ("a.png", "b.png"):
        with Image.open(tmp_path / name) as picture:
            picture.load()
    with pytest.raises(ValueError, match="rows of 7 numbers .* save the draws as .npy"):
        figures.save_samples(toy(7), dataset(np.ones((3, 7))), 5, tmp_path / "c.png", rng)
    assert not (tmp_path / "c.png").exists()
