from fastapi import APIRouter, Depends
from sqlmodel import Session, func, select

from shop.database import get_session
from shop.models import Order

router = APIRouter(prefix="/reports")


@router.get("/sales")
def sales(session: Session = Depends(get_session)):
    return session.exec(select(func.sum(Order.total))).one()
