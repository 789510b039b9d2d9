"""Nothing in, what others have published out: beside our figures, plainly apart, with why they do not compare."""

from typing import Final

from headcast.evaluation.report.html import heading, paragraph, table

PAPER_FID: Final = (("VoxCeleb1", 43.0, 38.0, 29.5), ("VoxCeleb2", 48.5, 42.2, 30.6))
"""Data set and FID of the paper's fine-tuned model for T = 1, 8, 32 (Zakharov et al. 2019, table 1)."""

ONE_SHOT: Final = (
    ("Bi-layer (medium)", 0.358, 0.508, 0.653),
    ("First Order Motion Model", 0.311, 0.553, 0.638),
    ("Few-shot vid2vid", 0.368, 0.419, 0.604),
)
"""Method and LPIPS, SSIM, CSIM for one shot on VoxCeleb2 (Zakharov et al. 2020, "Fast Bi-layer ...", their table)."""


def published_section() -> str:
    """Return the part of the report that holds nobody's figures but the authors' own."""
    fid = [[data, *(f"{value:.1f}" for value in values)] for data, *values in PAPER_FID]
    one_shot = [[method, *(f"{value:.3f}" for value in values)] for method, *values in ONE_SHOT]
    parts = [
        heading(2, "Published, and not comparable"),
        paragraph(
            "FID of the paper's fine-tuned model (Zakharov et al. 2019). It was measured with InceptionV3 on 50 clips "
            "of VoxCeleb, which we do not have, cropped and sampled in its own way; FID also falls as frames are added."
        ),
        table(["FID", "T = 1", "T = 8", "T = 32"], fid),
        paragraph(
            "One shot on VoxCeleb2, as the authors of the bi-layer model measured it (Zakharov et al. 2020): other "
            "people in another crop, LPIPS with another network, CSIM with another network and alignment."
        ),
        table(["one shot", "LPIPS", "SSIM", "CSIM"], one_shot),
        paragraph("Only figures of one table above these compare with each other."),
    ]
    return f'<div class="aside">{"".join(parts)}</div>'
