"""The house: imports point downward only, and no file is too long to read in one sitting."""
import ast
from pathlib import Path

import vae_np

PACKAGE = Path(vae_np.__file__).parent
LONGEST = 300  # lines of a file
GROUND = 24    # modules on the ground floor, at most

# From the ground up. A module may import what stands before it, and what stands in the same place:
# the modules of one package. A longer name has precedence: checking.library is not checking.
FLOORS = (
    "streams", "backend", "recording", "arrays", "blocks", "params", "activations",
    "distributions", "likelihoods", "observed", "priors", "posteriors", "layers", "labels",
    "flows", "vamp_prior", "hierarchy", "objectives", "optim",
    "linear_probe", "checking", "course", "models", "inference", "averages",
    "datasets", "training", "catalogue", "evaluation", "checking.objectives", "checking.models",
    "checking.parts", "checking.library", "runs", "figures", "experiments", "cli",
    "__init__", "__main__")
WORKSHOP = ("checking", "datasets", "training", "runs", "figures", "cli", "course", "experiments")


def sources():
    """{module without "vae_np.": its path}."""
    return {".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"):
            path for path in sorted(PACKAGE.rglob("*.py"))}


MODULES = sources()


def floor(module):
    """The place of a module in FLOORS."""
    parts = module.split(".")
    places = [".".join(parts[:depth]) for depth in range(len(parts), 0, -1)]
    found = [place for place in places if place in FLOORS]
    assert found, f"{module} has no place in FLOORS"
    return FLOORS.index(found[0])


def imported(module):
    """The modules of vae_np that a module imports, inside of functions too."""
    path = MODULES[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    package = [] if module == "__init__" else package
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        if not node.level:
            continue
        base = package[:len(package) - (node.level - 1)]
        source = ".".join([*base, *(node.module.split(".") if node.module else [])])
        for alias in node.names:
            name = f"{source}.{alias.name}".strip(".")
            yield name if name in MODULES else source or "__init__"


def test_imports_point_downward_only():
    upward = [f"{module} imports {target}" for module in MODULES for target in imported(module)
              if target != "__init__" and floor(target) > floor(module)]
    assert upward == []


def test_a_floor_has_no_import_of_a_later_file_on_it():
    """On the ground floor, where each file is a place of its own, order is reading order."""
    assert floor("posteriors") > floor("priors") > floor("distributions") > floor("activations")


def test_vae_np_is_named_relatively_in_the_library():
    """So `imported` sees every import."""
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [
                node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not [name for name in names if name.split(".")[0] == "vae_np"], module


def test_the_mathematics_knows_nothing_of_the_workshop():
    """The ground floor up to optim, models and inference."""
    mathematics = [module for module in MODULES if floor(module) <= FLOORS.index("averages")
                   and module.split(".")[0] not in WORKSHOP and module != "__init__"]
    assert {"models.vae", "inference.ais", "optim"} < set(mathematics)
    assert [(module, target) for module in mathematics for target in imported(module)
            if target.split(".")[0] in WORKSHOP] == []


def test_every_file_can_be_read_in_one_sitting():
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines())
               for module, path in MODULES.items()}
    assert {module: length for module, length in lengths.items() if length > LONGEST} == {}


def test_the_ground_floor_is_a_table_of_contents():
    assert len([module for module in MODULES if "." not in module
                and MODULES[module].parent == PACKAGE]) <= GROUND


def test_no_module_decides_by_hasattr_what_a_model_is():
    """`hasattr` is for streams and modules; a model is asked for, in the catalogue."""
    users = {module for module, path in MODULES.items()
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "hasattr"}
    assert users <= {"backend", "cli.parser", "course.listing",
                     "experiments.jobs.engines"}
