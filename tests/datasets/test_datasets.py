"""Every name gives a well-formed Dataset; the published sets are the published sets."""
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vae_np.datasets
from vae_np.datasets import Dataset, DatasetError, DownloadError, load_dataset, names


def load_or_skip(name):
    """The real data set, or a skip: tests do not download."""
    try:
        return load_dataset(name, download=False)
    except DownloadError:
        pytest.skip(f"{name} is not on this machine (set VAE_NP_DATA, or download it)")


@pytest.fixture(scope="module")
def mnist():
    return load_or_skip("mnist")


def check_form(data):
    assert isinstance(data, Dataset) and data.source and "\n" not in data.source
    for examples, labels in ((data.train, data.train_labels), (data.test, data.test_labels)):
        assert examples.dtype == np.float32 and examples.flags.c_contiguous and examples.ndim == 2
        assert labels is None or (labels.shape == (len(examples),) and labels.dtype == np.int64)
    assert data.train.shape[1] == data.test.shape[1]
    if data.image_shape is not None:
        assert np.prod(data.image_shape) == data.train.shape[1]
        for examples in (data.train, data.test):
            assert 0 <= examples.min() and examples.max() <= 1


def shares_no_row(a, b):
    return not {row.tobytes() for row in a} & {row.tobytes() for row in b}


def mean_distance_to_nearest(test, train):
    return np.mean([np.sqrt(np.square(train - frame).sum(axis=1).min()) for frame in test])


def test_mnist5k():
    data = load_dataset("mnist5k")
    check_form(data)
    assert data.train.shape == (4000, 784) and data.test.shape == (1000, 784)
    assert data.image_shape == (28, 28)
    assert np.bincount(data.train_labels).tolist() == [400] * 10
    assert np.bincount(data.test_labels).tolist() == [100] * 10
    assert shares_no_row(data.train, data.test)
    assert data.train.max() == 1 and (np.diff(data.test_labels) != 0).mean() > 0.8  # shuffled


@pytest.mark.parametrize("name", ["pinwheel", "two-moons", "eight-gaussians", "spiral",
                                  "checkerboard"])
def test_synthetic(name):
    data = load_dataset(name)
    check_form(data)
    assert data.train.shape == (10_000, 2) and data.test.shape == (2_000, 2)
    assert (data.train_labels is None) == (name == "checkerboard")
    np.testing.assert_array_equal(load_dataset(name).test, data.test)
    assert not np.array_equal(load_dataset(name, seed=1).test, data.test)
    assert shares_no_row(data.train, data.test)


def test_mnist(mnist):
    check_form(mnist)
    assert mnist.train.shape == (60_000, 784) and mnist.test.shape == (10_000, 784)
    assert mnist.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert abs(mnist.train.mean(dtype=np.float64) - 0.1306605) < 1e-6


def test_mnist5k_is_the_first_500_of_each_class_of_mnists_training_set(mnist):
    small = load_dataset("mnist5k")
    digits = {row.tobytes(): label for part in ("train", "test")
              for row, label in zip(getattr(small, part), getattr(small, f"{part}_labels"))}
    first = np.concatenate([np.flatnonzero(mnist.train_labels == k)[:500] for k in range(10)])
    assert digits == {mnist.train[i].tobytes(): mnist.train_labels[i] for i in first}
    assert first.max() == 5847  # data/README.md says so


def test_settings_can_be_chosen_on_held_out_training_examples():
    """mnist5k:3000+500 trains on the first 3000 and tests on the 500 after them: no test digit."""
    whole, held_out = load_dataset("mnist5k"), load_dataset("mnist5k:3000+500")
    check_form(held_out)
    assert held_out.name == "mnist5k:3000+500" and "after them" in held_out.source
    np.testing.assert_array_equal(held_out.train, whole.train[:3000])
    np.testing.assert_array_equal(held_out.test, whole.train[3000:3500])
    np.testing.assert_array_equal(held_out.train_labels, whole.train_labels[:3000])
    np.testing.assert_array_equal(held_out.test_labels, whole.train_labels[3000:3500])
    assert shares_no_row(held_out.test, whole.test)
    assert load_dataset("checkerboard:9+1").test_labels is None
    assert load_dataset("mnist5k:3000").test.shape == whole.test.shape


@pytest.mark.parametrize("counts", ["0", "4001", "3000+1001", "3000+0", "3000+", "+500", "1+2+3",
                                    "-1", "many", "2.5"])
def test_a_number_of_training_examples_that_is_none_is_refused(counts):
    with pytest.raises(DatasetError, match=r"mnist5k:\S+ must name .* between 1 and 4000 in all"):
        load_dataset(f"mnist5k:{counts}")


def test_fashion_mnist():
    data = load_or_skip("fashion-mnist")
    check_form(data)
    assert data.train.shape == (60_000, 784) and data.test.shape == (10_000, 784)
    assert np.bincount(data.train_labels).tolist() == [6000] * 10


def test_frey_and_its_two_splits():
    data, contiguous = load_or_skip("frey"), load_or_skip("frey-contiguous")
    for split in (data, contiguous):
        check_form(split)
        assert split.train.shape == (1765, 560) and split.test.shape == (200, 560)
        assert split.image_shape == (28, 20)
        assert (split.train * 256 % 1 == 0).all()  # exact in binary: pixels/256
    film = np.concatenate([contiguous.train, contiguous.test])
    drawn = np.sort(np.random.default_rng(0).choice(1965, 200, replace=False))
    np.testing.assert_array_equal(data.test, film[drawn])
    np.testing.assert_array_equal(data.train, np.delete(film, drawn, axis=0))
    assert "neighbours" in data.source
    # The leak, in numbers that data/README.md gives.
    assert abs(mean_distance_to_nearest(data.test, data.train) - 1.06) < 0.01
    assert abs(mean_distance_to_nearest(contiguous.test, contiguous.train) - 1.88) < 0.01


@pytest.mark.parametrize("name, hint", [("mnst", "mnist"), ("MNIST", "mnist"),
                                        ("two_moons", "two-moons"), ("freyface", "frey")])
def test_an_unknown_name_lists_the_known_and_suggests(name, hint):
    with pytest.raises(DatasetError) as caught:
        load_dataset(name)
    message = str(caught.value)
    assert f"did you mean {hint}?" in message and all(known in message for known in names())
    assert isinstance(caught.value, ValueError) and "\n" not in message


def test_nothing_is_suggested_where_nothing_is_near():
    with pytest.raises(DatasetError) as caught:
        load_dataset("imagenet-22k")
    assert "did you mean" not in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_loading_mnist_keeps_to_its_memory(mnist):
    """188 MB are the images as float32, 47 MB the raw pixels, the rest is Python itself."""
    del mnist  # only to skip where there is none
    program = ("from vae_np.datasets import load_dataset\n"
               "data = load_dataset('mnist', download=False)\n"
               "print(open('/proc/self/status').read())")  # ru_maxrss would include the parent's
    root = Path(vae_np.__file__).parents[1]
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1")
    if "VAE_NP_DATA" in environment:
        environment["VAE_NP_DATA"] = str(Path(environment["VAE_NP_DATA"]).resolve())
    said = subprocess.run([sys.executable, "-c", program], cwd=root, env=environment,
                          capture_output=True, text=True, check=True).stdout
    peak_mib = int(re.search(r"VmHWM:\s+(\d+) kB", said)[1]) / 1024
    assert 200 < peak_mib < 400  # under 200 it cannot have held MNIST
