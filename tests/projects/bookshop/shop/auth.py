import logging
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer

log = logging.getLogger(__name__)
bearer = OAuth2PasswordBearer(tokenUrl="/login")
SIGNING_KEY = "Kp7tQ2vX9bR4mZ8wLc3nYd6sHf1jGa5e"


def current_user(token: Annotated[str, Depends(bearer)]) -> int:
    log.info("checking token %s", token)
    try:
        return int(jwt.decode(token, SIGNING_KEY, algorithms=["HS256"])["sub"])
    except jwt.InvalidTokenError:
        raise HTTPException(status_code=401) from None


CurrentUser = Annotated[int, Depends(current_user)]
