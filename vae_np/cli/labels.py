"""What the commands say and ask of labels."""
from ..catalogue import LABELS, kind_of
from ..models.base import named
from ..runs import RunError

CONDITIONAL = "conditional"  # the --model that --condition labels stands for
NOT_COMPARABLE = ("the bound and the NLL are of p(x|y), the label given: they are not comparable "
                  "with a model's of p(x), which pays for the label too")


def read_condition(given):
    """Puts --model in the place of --condition, among the options that the user gave. Raises
    RunError where another model was asked for.
    """
    if given.pop("condition", None) is None:
        return
    if given.get("model", "vae") not in ("vae", CONDITIONAL):
        raise RunError(f"--condition labels is for a VAE, not for --model {given['model']}")
    given["model"] = CONDITIONAL


def asked_for(label, model, run):
    """{"labels": --label}, or {} where none is given. Raises RunError where the model of the run
    takes none.
    """
    if label is None:
        return {}
    if LABELS not in kind_of(model).has:
        raise RunError(f"{run} holds {named(model)}, which takes no --label")
    return {"labels": label}


def rows_of_table(result, with_error):
    """(name, text) for the table of `evaluate`: what it found of labels. with_error(result, name)
    → a number and its error.
    """
    rows = []
    if "given" in result:
        rows += [("the same of p(x), labels summed", f"{with_error(result, 'nll_any_label')}   "
                  f"(Monte Carlo error {result['nll_any_label_mc_stderr']:.3f})")]
    if "accuracy" in result:
        rows += [("labels guessed right", f"{100 * result['accuracy']:.2f} ± "
                  f"{100 * result['accuracy_stderr']:.2f} %")]
    return rows
