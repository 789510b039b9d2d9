"""A generated frame and the warped shot in, the frame with the photo's own texture out.

A small network paints softer than a photo is. It earns its place in the mouth, where the photo shows nothing;
elsewhere most of each pixel stays the warped shot's, which judges find nearer to the real frame
(benchmarks/quality.py; docs/model_card.md has the figures).
"""

import cv2
import numpy as np

from headcast.reenact.runtime import Generated
from headcast.types import CONDITIONING_MAPS, Conditioning

VALIDITY, MOUTH = CONDITIONING_MAPS.index("validity"), CONDITIONING_MAPS.index("mouth_inside")
KEPT = 0.8  # share of the warped shot away from an open mouth
KEPT_BY_THE_MOUTH = 0.4  # ... and on lips and teeth that the photo shows
REACH, FADE = 15 / 256, 9 / 256  # of the side: how far the mouth's surroundings reach, and fade


def keep_texture(generated: Generated, conditioning: Conditioning) -> Generated:
    """Blend the warped shot over a generated frame; without a warp (the paper's pure form) nothing changes."""
    validity, mouth = conditioning.maps[:, :, VALIDITY], conditioning.maps[:, :, MOUTH]
    if not validity.any():
        return generated
    reach, fade = (max(3, round(share * mouth.shape[0]) | 1) for share in (REACH, FADE))
    by_the_mouth = cv2.blur(cv2.dilate(mouth, np.ones((reach, reach), np.uint8)), (fade, fade))
    kept = np.maximum(KEPT * (1 - by_the_mouth), KEPT_BY_THE_MOUTH * validity).astype(np.float32)
    image = generated.image + kept[:, :, None] * (conditioning.warped.astype(np.float32) - generated.image)
    weight = generated.warp_weight + kept * (1 - generated.warp_weight)
    return Generated(np.clip(image + 0.5, 0, 255).astype(np.uint8), weight)
