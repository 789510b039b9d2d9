"""A camera's frames in, frames of the moving photo out: the routes under /api/live."""

from fastapi import APIRouter

router = APIRouter(prefix="/api/live", tags=["live"])
