"""What could be imported before the rebuilding can still be imported from the same place."""
from importlib import import_module
from importlib.util import find_spec

import pytest

NAMES = {
    "vae_np": """
        Adagrad Adam Dataset GradcheckError SGD VAE arrays backend binarize checking
        datasets distributions evaluation fit gradcheck inference layers likelihoods
        load load_dataset log_likelihood models objectives optim params posteriors runs
        training""",
    "vae_np.datasets": """
        ArrayError Binarization Dataset DatasetError DownloadError FREY_FRAMES
        FREY_SHAPE FREY_SPLIT_SEED FREY_TEST_FRAMES SUFFIXES SYNTHETIC_COUNTS binarize
        binarize_fixed check_array default_mode load_dataset names ruler_test_set
        threshold""",
    "vae_np.training": """
        Loop NonFiniteBoundError StopSignals""",
    "vae_np.runs": """
        CHECKPOINT_SECONDS CONFIG_FIELDS EPOCH_CHECKPOINT_SECONDS FILES Run RunError fit
        load read_config read_metrics save_model""",
    "vae_np.figures": """
        CLIMBED MANY MAX_BYTES interpolation kl_per_dimension latent_scatter
        learning_curve manifold prior_samples reconstructions samples_2d
        save_run_figures save_samples""",
    "vae_np.checking": """
        DIRECTIONS FACTORS KINK_SHARE SAFETY Settings gradcheck""",
    "vae_np.distributions": """
        LOG_2PI bernoulli_log_prob bernoulli_log_prob_backward gaussian_log_prob
        gaussian_log_prob_backward kl_standard_normal kl_standard_normal_backward
        kl_standard_normal_per_dim kl_standard_normal_per_dim_backward relu
        relu_backward reparameterise reparameterise_backward sigmoid sigmoid_backward
        softplus softplus_backward standard_normal_log_prob
        standard_normal_log_prob_backward""",
    "vae_np.objectives": """
        ESTIMATORS GRADIENTS batch_mean batch_mean_backward check_gradient
        estimator_a estimator_a_backward estimator_iw estimator_iw_backward
        estimator_b estimator_b_backward importance_weighted_bound
        importance_weighted_bound_backward""",
    "vae_np.likelihoods": """
        Bernoulli FixedGaussian Gaussian GaussianSigmoid parse""",
    "vae_np.posteriors": """
        DiagonalGaussian""",
    "vae_np.layers": """
        Activation Linear MLP MLPWithHeads PAPER_STD SCHEMES initialise tanh
        tanh_backward""",
    "vae_np.optim": """
        Adagrad Adam CHUNK OPTIMIZERS Optimizer SCHEDULES SGD STAGES constant cosine
        staged""",
    "vae_np.params": """
        Layout Params Zeros""",
    "vae_np.backend": """
        CACHE_LINE DeviceError check_generator device_module empty_vector move namespace
        to_host""",
    "vae_np.evaluation": """
        ACTIVE_THRESHOLD BLOCKS_ON_DEVICE IMAGES_PER_BLOCK SAMPLES_ON_DEVICE
        SAMPLES_PER_BLOCK elbo evaluate latent_use log_likelihood reconstruction
        weight_uncertainty""",
    "vae_np.models": """
        Autoencoder BernoulliMixture DBN FrozenDecoderVAE FullVB GaussianMixture
        MixturePriorVAE MonteCarloEM RBM VAE VAEGAN WakeSleep autoencoder base code_density dbn
        decoder enumerable full_vb latent mcem mixture rbm vae wake_sleep""",
    "vae_np.inference": """
        ais appendix_d diagnostics energy estimates hmc partition step_sizes""",
    "vae_np.course": """
        TryAgain check checking listing show""",
}


@pytest.mark.parametrize("module", NAMES)
def test_names_stay_importable(module):
    missing = [name for name in NAMES[module].split() if not can_be_imported(module, name)]
    assert missing == []


def can_be_imported(module, name):
    """Whether `from module import name` works: a name, or a module of the package."""
    return hasattr(import_module(module), name) or find_spec(f"{module}.{name}") is not None
