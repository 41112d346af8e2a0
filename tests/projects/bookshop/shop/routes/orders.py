from fastapi import APIRouter, Depends
from sqlmodel import Session, select

from shop.auth import CurrentUser
from shop.database import get_session
from shop.models import Order

router = APIRouter(prefix="/orders")


@router.get("/")
def list_orders(user: CurrentUser, session: Session = Depends(get_session)):
    return session.exec(select(Order).where(Order.user_id == user)).all()


@router.post("/")
def create_order(total: int, user: CurrentUser, session: Session = Depends(get_session)):
    order = Order(user_id=user, total=total)
    session.add(order)
    session.commit()
    return order


@router.delete("/{order_id}")
def delete_order(order_id: int, session: Session = Depends(get_session)):
    session.delete(session.get(Order, order_id))
    session.commit()
