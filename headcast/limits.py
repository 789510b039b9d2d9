"""How large, how many and how long what a stranger's file claims may be: every reader looks here first.

Two rules give most numbers: no file may cost more than 1 GB of memory or some seconds before it is refused, and what
people really use must fit with room to spare.
"""

from typing import Final

MAX_PIXELS: Final = 100_000_000
"""Of a picture: what a large camera takes. Decoded it fills 300 to 400 MB."""

MAX_WORKED_PIXELS: Final = 25_000_000
"""Of a picture whose colours are converted at full size; a larger one is halved first. Each copy fills 100 MB."""

MAX_SCANNED_PIXELS: Final = 2_500_000_000
"""Pixels times passes of a JPEG file, each of which the decoder visits: some seconds. Usual files have 10 passes."""

MAX_VIDEO_SIDE: Final = 8192
"""Pixels of one side of a video: 8K. One frame fills 200 MB."""

MAX_PHOTO_SIDE: Final = 4096
"""Pixels of the photo in an avatar; we write half of it."""

MAX_PAUSE_SECONDS: Final = 3600
"""Between two frames: MP4 counts a frame's length in 32 bits, and nobody drives a face by a picture an hour long."""

MAX_DURATION_SECONDS: Final = 86_400
"""Of a motion or a video: a day."""

MAX_VIDEO_FRAMES: Final = 10_000_000
"""A day at 100 frames a second; their times fill 400 MB."""

MAX_MOTION_FRAMES: Final = 150_000
"""83 minutes at 30 frames a second; held as a whole they fill 860 MB."""

MAX_CLIP_FRAMES: Final = 3000
"""Of a clip to learn from; longer ones are cut, an episode never needs more. Decoded they fill 600 MB."""

MAX_SHOTS: Final = 32
"""Pictures of one person in an avatar: more bring nothing, and each is warped for every frame."""

MAX_SHOT_SIDE: Final = 1024
"""Pixels of one side of a shot at its photo's own size: head and shoulders are put together in as many."""

MAX_SHOT_PIXELS: Final = 8 << 20
"""Of all further shots of an avatar at their own sizes: eight of 1024 x 1024 fill 25 MB. More of them are smaller."""

MAX_PLACE: Final = 1e6
"""Pixels of a landmark from the image's corner; beyond it single precision is coarser than a tenth of a pixel."""

MAX_WEIGHT: Final = 65504.0
"""Of a network's weight: the largest number of half precision, in which we write them."""

MAX_HEADER_BYTES: Final = 4 << 20
"""Of the header of a weights file: the paper's networks take 60 kB."""

MAX_MOTION_HEADER_BYTES: Final = 1 << 16
"""Of the header of a motion file; ours take 400 bytes."""

MAX_NETWORK_BYTES: Final = 2_000_000_000
"""Of a file of weights, which is read as a whole: the paper's networks in single precision take a fifth."""

MAX_JSON_BYTES: Final = 64 << 20
"""Of a JSON file: the manifest of a million clips takes 40 MB."""

MAX_JSON_VALUES: Final = 4_000_000
"""In a JSON text, where each takes up to 80 bytes of memory, a few characters of it as they may be."""

MAX_PART_BYTES: Final = 16 << 20
"""Of the note on one prepared shard, which names each clip that was left out, and why."""

MAX_KEY_BYTES: Final = 16 << 20
"""Of a study's key: a thousand triplets take 1 MB."""

MAX_ANSWERS_BYTES: Final = 4 << 20
"""Of what one rater answered; a thousand rows take 10 kB."""

MAX_NOTES_BYTES: Final = 1 << 16
"""Of the notes on one clip in a shard; ours take 500 bytes."""

MAX_MEMBER_BYTES: Final = 32 << 20
"""Of one member of a shard: the landmarks of MAX_CLIP_FRAMES frames take half."""

MAX_SHARD_CLIPS: Final = 10_000
"""In one shard: more than `headcast prepare` puts there when asked for the most."""

MAX_CLIP_BYTES: Final = 400 << 20
"""Of a clip in a shard, which is read as a whole: MAX_CLIP_FRAMES frames take 130 MB."""

MAX_FRAME_BYTES: Final = 1 << 20
"""Of a frame of 256 x 256 pixels in a shard, as a JPEG or PNG file; ours take 40 kB."""

MAX_TAR_HEADER_BYTES: Final = 1 << 16
"""Of a long name or of notes in a tar file; a path has 4 kB at most."""

MAX_SEED: Final = 2**63 - 1
"""Of random numbers: what 64 bits with a sign hold."""

MAX_LIST_BYTES: Final = 64 << 20
"""Of a CSV list: a million clips take as much."""

MAX_LIST_ROWS: Final = 2_000_000
"""Of a CSV list, each of which takes 350 bytes of memory."""

MAX_ANNOTATION_BYTES: Final = 4 << 20
"""Of VoxCeleb's annotation of a clip: an hour of boxes."""

MAX_FOLDERS: Final = 1_000_000
"""Folders that are looked through for clips; VoxCeleb2 has 150,000."""

MAX_REQUEST_BYTES: Final = 256 << 10
"""Of a request to the server that uploads nothing: the landmarks of one face take 30 kB."""

MAX_UPLOAD_BYTES: Final = 512 << 20
"""Of one file that is sent to the server: ten minutes of video from a telephone."""

MAX_MESSAGE_BYTES: Final = 1 << 20
"""Of one WebSocket message: a camera's frame as JPEG takes 60 kB."""

MAX_KEPT_FILES: Final = 200
"""Files of clients that a server keeps at a time."""

MAX_KEPT_BYTES: Final = 4 << 30
"""Of all files of clients that a server keeps."""

MAX_VIDEO_SECONDS: Final = 1800
"""Of a video that is sent to the server, which works on one job at a time."""

MAX_AVATARS: Final = 64
"""People that a server keeps ready; each takes some 30 MB."""

MAX_SESSIONS: Final = 128
"""Of a server at a time."""

MAX_WAITING_JOBS: Final = 20
"""Of a server; what was done is kept for as many more."""

MAX_LIVE_SESSIONS: Final = 8
"""Cameras that one server follows at a time: each takes a core or more."""

MAX_CAMERA_SIDE: Final = 1920
"""Pixels of a camera's picture."""

MAX_LOOK_BYTES: Final = 128 << 20
"""Of the avatar that the other side of a call sends: one tuned from 32 photos takes 55 MB."""

MAX_ROOMS: Final = 200
"""In which two sides of a call meet, of one server."""
