"""Speech recognition and speaker diarisation on this machine; used only in the job child."""
