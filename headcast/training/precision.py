"""A device and the precision asked for in, half precision for the wrapped computation out."""

import torch


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Half precision for the wrapped computation: bf16, if it is asked for or the machine computes it natively."""
    if precision == "auto":
        native = torch.cuda.is_bf16_supported() if device.type == "cuda" else torch.cpu._is_avx512_bf16_supported()
        precision = "bf16" if native else "f32"
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
