"""The exercises of lecture 3: slopes that flow backwards, and how they are measured."""
from . import layer_norm, shared_layer
from .answers import exercise
from .best_steps import (MISTAKEN_CHOICES, MISTAKEN_MINIMA, bound, candidates, lowest,
                         lowest_point, sizes)
from .forms import Form

# -- 1. layer normalisation --------------------------------------------------------------------

exercise(
    "layer-norm-backward", 3, "layer_norm_backward", form=Form(names=("x", "gain", "shift")),
    cases=layer_norm.rows, forward=layer_norm.layer_norm, truth=layer_norm.layer_norm_backward,
    label="chain-rule", praise="the three gradients agree with ours",
    first="with x̂ = (x − m)/√v, go back step by step: d_x̂ = d_y g. The slope of x̂_k in x_i has "
          "three parts: x_i itself, m, and v.",
    default={"x": "gradient", "": "sums"},
    says={"both": "is that for a fixed mean and a fixed variance",
          "variance": "is that for a fixed variance", "mean": "is that for a fixed mean",
          "gain": "has lost the gain", "std": "has another power of the standard deviation in it",
          "tiny": "has a tiny number added to the variance",
          "unbiased": "is divided by the root of Σ (x − m)²/(D − 1)",
          "part": "has the part of the variance with another sign, factor or sum",
          "axis": "has means over the wrong axis",
          "unnormalised": "has other rows in the place of the normalised ones",
          "batch": "is averaged over the examples"},
    own=layer_norm.MISTAKES,
    hints={
        "both": ("Moving x_i moves the mean and the variance of its row too, and these move every "
                 "output of the row. How many ways lead from x_i to y_k?", "gradients-add"),
        "variance": ("The mean has its part. Does the variance move with x_i as well?",
                     "gradients-add"),
        "mean": ("The variance has its part. Does the mean move with x_i as well?",
                 "gradients-add"),
        "gain": ("y_k = g_k x̂_k + c_k is the last step, so it is the first one backwards. Where "
                 "does the gain stand on the way to x, and where on the way to itself?",
                 "elementwise-backward"),
        "std": ("Scale a whole row by ten. The outputs stay. What must become of the slopes, and "
                "does your line do that?", "chain-rule"),
        "tiny": ("Programs add it, and this forward pass does not. Whose derivative is asked for?",
                 "chain-rule"),
        "unbiased": ("By how many numbers does the text divide the sum of the squares?",
                     "chain-rule"),
        "part": ("Take v alone: what is its slope in x_i, and what that of 1/√v in v? Count the "
                 "halves, the signs and the 1/D.", "chain-rule"),
        "axis": ("Which numbers share a mean and a variance, those of a row or those of a column?",
                 "broadcast-backward"),
        "unnormalised": ("By what is the gain multiplied in the forward pass?",
                         "elementwise-backward"),
        "batch": ("One gain serves all the rows. What are the slopes of its copies: averaged, or "
                  "added?", "broadcast-backward"),
        "sign": ("Move the input up by a little where d_y is positive: do the outputs rise or "
                 "fall?", "chain-rule"),
        "upstream": ("d_y is the slope of the result in y. By the chain rule it multiplies every "
                     "slope of y.", "chain-rule"),
        "sums": ("The gain and the shift are one row that is copied to every example. What is a "
                 "copy's way back?", "broadcast-backward"),
        "gradient": ("Write the three steps in a row: take the mean off, divide by √v, multiply "
                     "by g. Go back through them one by one, and add where two ways meet.",
                     "gradients-add")})


# -- 2. a step for float32 ---------------------------------------------------------------------

exercise(
    "step-for-float32", 3, "choose_steps", cases=candidates,
    truth=lowest(bound), label="central-difference", words={"": "the chosen step"},
    praise="each is the best of the steps for float32",
    first="write the bound for one point and one step, bending plus rounding, and work it out for "
          "all the steps: a table of K rows and N columns.",
    default={"": "bound"},
    says={"double": "is the one for float64",
          "unit": "is the one for another precision than 2⁻²⁴",
          "bending": "is the one with another bending term",
          "rounding": "is the lowest of something else than bending plus rounding",
          "nearest": "is the one nearest to the best step of all",
          "not-listed": "is the best step of all, and not one of the list",
          "smallest": "is the smallest one, or the largest"},
    own=MISTAKEN_CHOICES,
    hints={
        "double": ("How precisely does float32 store a number, and how precisely float64?",
                   "central-difference"),
        "unit": ("The text gives u. np.finfo(np.float32).eps is the distance to the next number; "
                 "how far off is the nearest one, at most?", "central-difference"),
        "bending": ("Which term of Taylor's series is left after the even ones have cancelled, "
                    "and what stands in front of it after the division by 2h?",
                    "central-difference"),
        "rounding": ("How far off is each of the two values, at most? By what is their difference "
                     "divided? And are the two parts of the error added?", "central-difference"),
        "nearest": ("The bound rises faster on one side of its lowest point than on the other. Is "
                    "the nearest step always the better one of its two neighbours?",
                    "central-difference"),
        "not-listed": ("That is the best step of all. Which ones may you choose from?",
                       "central-difference"),
        "smallest": ("One part of the error falls with the step and the other one rises. What "
                     "does each do at that end of the list?", "central-difference"),
        "bound": ("Work the bound out for every step of the list and every point, and take the "
                  "step where it is lowest. Which axis of the table are the steps?",
                  "central-difference")})


# -- 3. the lowest point of the fourth-order V -------------------------------------------------

exercise(
    "lowest-point", 3, "predict_lowest", cases=sizes, truth=lowest_point,
    form=Form(rows=("step", "error")), words={"step": "the step", "error": "the error"},
    label="central-difference",
    praise="at its best the fourth order loses a fifth of the digits, the central difference a "
           "third",
    first="the four values have the weights 8, 8, 1 and 1, over 12h. So the rounding is at most "
          "18 u|f|/12h. Add h⁴|f⁽⁵⁾|/30 and set the slope in h to 0.",
    default={"step": "step", "error": "error"},
    says={"central": "is that of the central difference",
          "weights": "is that with another sum of the four rounding errors",
          "equal": "is that where the two parts are equal",
          "bending": "is that with another bending term",
          "rounding-only": "has the rounding alone", "bending-only": "has the bending alone",
          "factors": "has the right powers and other numbers in front"},
    own=MISTAKEN_MINIMA,
    hints={
        "swapped": ("The first number is a step, the second one an error. Which of your two is "
                    "near u?", "central-difference"),
        "central": ("That is the V of the central difference. Which power of h does the bending "
                    "have here?", "central-difference"),
        "weights": ("Which four values are there, and by what is each multiplied before the "
                    "division by 12h? In the worst case all their errors have the same sign.",
                    "central-difference"),
        "bending": ("The term that is left is given with the formula. Is yours the same?",
                    "central-difference"),
        "equal": ("Where the sum of a falling and a rising part is lowest, their slopes cancel. "
                  "Are the parts themselves equal there? And has the bending its 1/30?",
                  "central-difference"),
        "rounding-only": ("That is the rounding at the best step. What else is in the error?",
                          "central-difference"),
        "bending-only": ("That is the bending at the best step. What else is in the error?",
                         "central-difference"),
        "factors": ("The powers are right. Which numbers stand in front of the two parts, and "
                    "what does setting the slope to 0 make of them?", "central-difference"),
        "step": ("Write E(h) with its two parts, differentiate it in h and set that to 0.",
                 "central-difference"),
        "error": ("Put the best step into E(h): both parts of it.", "central-difference")})


# -- 4. gradients that are overwritten ---------------------------------------------------------

exercise(
    "overwritten-gradients", 3, "twice_backward", form=Form(names=("x", "W", "b")),
    cases=shared_layer.shared_layers, forward=shared_layer.twice, truth=shared_layer.gathered,
    label="gradients-add",
    praise="all the uses have sent their slopes, and they are added",
    first="y = x + tanh(gW + b) and g = tanh(xW + b). W and b are used twice, and so is x. Write "
          "the slope of each use, as if it were a variable of its own.",
    default={"": "gradient"},
    says={"last": "is the slope of one of its two uses alone, the one in g",
          "nearer": "is the slope of one of its two uses alone, the one nearer to y",
          "skip": "lacks what comes straight from y = x + …",
          "skip-alone": "has the way past the layer alone", "mean": "is the mean of its two uses",
          "slope": "lacks the slope of a tanh", "transpose": "is made with W where Wᵀ belongs",
          "inputs": "has another input of the layer in one of its products"},
    own=shared_layer.MISTAKES,
    hints={
        "last": ("An assignment forgets what stood there before. How often is this array used in "
                 "the forward pass?", "gradients-add"),
        "nearer": ("That is the use on the way from g to y. Which other one is there?",
                   "gradients-add"),
        "skip": ("On how many ways does x get into y? One of them goes through no layer.",
                 "gradients-add"),
        "skip-alone": ("On how many ways does x get into y? You have the one through no layer.",
                       "gradients-add"),
        "mean": ("Two uses: are their slopes averaged, or added?", "gradients-add"),
        "slope": ("There are two tanh on the way. Each multiplies what flows back through it.",
                  "elementwise-backward"),
        "transpose": ("W is square, so its shape does not tell. Over which index of W does the "
                      "slope in the layer's input sum?", "linear-backward"),
        "inputs": ("d_W is the layer's input, transposed, times the slope in its output. Which "
                   "input has each of the two uses?", "linear-backward"),
        "average": ("One row b serves all examples. What is the way back of a copy?",
                    "broadcast-backward"),
        "gradient": ("Give the two uses names of their own, W₁ and W₂, find each slope, and add.",
                     "gradients-add")})
