"""Loads an export in PyTorch and compares its scores with those that Java computed.

    python3 test_export.py EXPORT_DIRECTORY CASE.safetensors

CASE holds tokens [B, L], segments [B, L] and log_probs [B, L, V], whose mask column is ignored.
Prints one JSON object; exits with 1 if they differ by more than 1e-5 of the largest logit. Run by
PytorchExportTest; see README.md of the model module.
"""

import json
import sys


def main(directory, case_file):
    sys.path.insert(0, directory)
    import torch
    from modeling_puma import PumaDenoiser
    from safetensors.torch import load_file

    torch.set_num_threads(1)
    model = PumaDenoiser.from_directory(directory)
    case = load_file(case_file)
    tokens, segments = case["tokens"].long(), case["segments"].long()
    kept = torch.arange(model.config.vocab_size) != model.config.mask_token_id
    with torch.inference_mode():
        logits = model(tokens, segments).logits
        found = model.log_probabilities(tokens, segments)
        swapped = model(tokens, torch.zeros_like(segments)).logits
    largest = logits[..., kept].abs().max().item()
    difference = (found - case["log_probs"])[..., kept].abs().max().item()
    result = {
        "torch": torch.__version__,
        "parameters": sum(p.numel() for p in model.parameters()),
        "max_difference": difference,
        "max_logit": largest,
        "ratio": difference / largest,
        "segments_matter_by": (swapped - logits).abs().max().item(),
    }
    print(json.dumps(result))
    return 0 if difference <= 1e-5 * largest else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
