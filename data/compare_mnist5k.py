"""Is mnist5k an easier test than MNIST? Train on four fifths of it, test on three sets.

    VAE_NP_DATA=... python data/compare_mnist5k.py        (about four minutes on one core)

Five folds: a small VAE is trained on 4000 of the 5000 digits and scored on the other 1000, on
MNIST test images and on training images of MNIST that are not in mnist5k. Prints
−log p(x) in nats per image, lower is better, with the standard error over images.
"""
import numpy as np

import vae_np as vn
from vae_np.datasets import ruler_test_set

FOLDS, CLASSES = 5, 10


def balanced_mean(values, labels):
    """The mean over classes of each class's mean, and its standard error."""
    groups = [values[labels == digit] for digit in range(CLASSES)]
    variance = sum(group.var(ddof=1) / len(group) for group in groups)
    return np.mean([group.mean() for group in groups]), np.sqrt(variance) / CLASSES


def main():
    rng = np.random.default_rng(11)
    small, mnist = vn.load_dataset("mnist5k"), vn.load_dataset("mnist")
    digits = np.concatenate([small.train, small.test])
    labels = np.concatenate([small.train_labels, small.test_labels])
    fold_of = np.empty(len(labels), dtype=int)
    for digit in range(CLASSES):
        fold_of[labels == digit] = rng.permutation(np.sum(labels == digit)) % FOLDS

    inside = {row.tobytes() for row in digits}
    outside = [i for i, row in enumerate(mnist.train) if row.tobytes() not in inside]
    print(f"{len(mnist.train) - len(outside)} of {len(digits)} are in MNIST's training set, "
          f"{sum(row.tobytes() in inside for row in mnist.test)} in its test set")
    others = rng.permutation(outside)[:10_000].reshape(FOLDS, -1)
    tests = rng.permutation(len(mnist.test)).reshape(FOLDS, -1)

    results = {"held out of mnist5k": [], "MNIST test": [], "MNIST train, not in mnist5k": []}
    for fold in range(FOLDS):
        model = vn.VAE(784, 20, hidden=(200,), rng=np.random.default_rng(fold))
        vn.fit(model, digits[fold_of != fold], epochs=60, binarize="dynamic",
               rng=np.random.default_rng(fold))
        sets = ((digits[fold_of == fold], labels[fold_of == fold]),
                (mnist.test[tests[fold]], mnist.test_labels[tests[fold]]),
                (mnist.train[others[fold]], mnist.train_labels[others[fold]]))
        for name, (images, classes) in zip(results, sets):
            log_px, _ = vn.log_likelihood(model, ruler_test_set(images), num_samples=100,
                                          rng=np.random.default_rng(7))
            results[name].append((-log_px, classes))

    for name, parts in results.items():
        nll, classes = map(np.concatenate, zip(*parts))
        balanced, error = balanced_mean(nll, classes)
        print(f"{name:28} {len(nll):6} images   as they come {nll.mean():.2f} "
              f"± {nll.std(ddof=1) / np.sqrt(len(nll)):.2f}   "
              f"every class alike {balanced:.2f} ± {error:.2f}")


if __name__ == "__main__":
    main()
